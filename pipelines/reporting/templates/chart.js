(()=>{for(const s of document.querySelectorAll('svg.chart')){
const m=[...s.querySelectorAll('.m')],tip=document.createElement('p');let at=-1;
tip.className='tip';tip.setAttribute('aria-live','polite');tip.textContent='Arrow keys read each mark.';
s.after(tip);s.tabIndex=0;
const show=n=>{m[at]&&m[at].classList.remove('on');at=(n+m.length)%m.length;
m[at].classList.add('on');tip.textContent=m[at].querySelector('title').textContent};
s.addEventListener('keydown',e=>{const n={ArrowRight:at+1,ArrowDown:at+1,ArrowLeft:at<0?-1:at-1,ArrowUp:at<0?-1:at-1,Home:0,End:-1}[e.key];
if(n!==undefined){e.preventDefault();show(n)}});
s.addEventListener('pointerover',e=>{const n=m.indexOf(e.target.closest('.m'));if(n>=0)show(n)})}})();
