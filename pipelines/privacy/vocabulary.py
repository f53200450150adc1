"""Words of records and words of names: what keeps 'Left Knee' from looking like a person, and lets 'anna.smith' look like one."""

from functools import cache

from pipelines.contracts import FEEDS

_ORDINARY = """
a abnormal absent active after age all an and any arm at band baseline before below between both by case category centre
check class code comment comments completed contact count course current data date days degree description diagnosis digital
dose duration east end episode examination example external final first follow for form free function general grade group
hand hour hours id index initial injury intake internal interval is item key kind last left length level line list main mean
measure method minute minutes missing month months motion movement name neck next nil north note notes null number observed
of office onset open or order origin outcome pain part patient period physical physio physiotherapy place point points
position post practice practitioner present previous primary profile programme progress quarter question range rate ratio
reader reading reason record recorded region remark remarks report result results review risk room round row sample scale
score second section sensation session set severity sex side site small source south spine stable stage start state status
study subject suite sum system team test text therapist therapy third time to total treatment two type undefined unit unknown
unspecified up upper use value version visit visits ward week weeks west without work year years yet
"""

_GIVEN = """
aaron abdul abigail adam adrian agnes ahmed aisha alan albert alejandro alex alexander alexandra alice alison amanda amelia amir
anders andrea andreas andrew angela anita anja anna anne annika anthony antonio arthur astrid barbara beatrice benjamin bernard
bert birgit brian britta bruno camille carl carla carlos carmen caroline catherine cecilia charles charlotte chloe christian
christine christopher clara claire claudia colin craig cristina daniel daniela david deborah denis diana diane diego dieter dirk
dominik donald dorothy edward eleanor elena elisabeth elizabeth ella ellen emily emma eric erik ernst evelyn fabian fatima felix
fiona florence francesca francis francois frank franz fred frederik gareth gary geoffrey george gerald gerhard gillian giovanni
giulia gloria gordon grace graham greta guido gustav hannah hans harold harry hassan heather heidi heike heinz helen helena
helga henrik henry herbert horst hugo ibrahim ines ingrid irene isabel isabella ivan jack jacob jacques james jane janet jason
javier jean jennifer jens jeremy jessica jill joan joanna johan johannes john jonas jonathan jorge jose josef joseph joshua
joyce juan judith julia julie jurgen karen karin karl katarzyna katharina katherine kathleen keith kenneth kevin kristina kumar
lars laura lauren leah leon lewis liam linda lisa lotte louis louise luca lucas lucia lucy luis luke maja manuel marc marco
marcus margaret maria marie marion mark marko marta martha martin mary matthew matthias megan mehmet melissa michael michel
michelle miguel mohamed mohammad mohammed monika muhammad mustafa nadia nancy natalie natasha neil niamh nicholas nicola nicole
nigel nils nina noah nora olaf olga oliver olivia oscar otto pablo pamela patricia patrick paul paula pauline pedro peter petra
philip philippe pierre piotr rachel rafael rahul ralph raymond rebecca renate rene richard rita robert roberto robin roger
roland ronald rosa rosemary ruth ryan sabine sally samantha samuel sandra sara sarah scott sean sebastian sergio sharon shaun
sheila silvia simon sofia sonia sophia sophie stefan stefanie stephanie stephen steven stuart susan susanne suzanne sven sylvia
tamara tanja teresa thomas timothy tomas tony ursula valerie vanessa vera veronica victor victoria viktor vincent vivian walter
wendy werner william wolfgang yasmin yusuf yvonne
"""


@cache
def record_words() -> tuple[str, ...]:
    """Words of the contract's names and codes, and ordinary words of records, in lower case."""
    said = [name for feed in FEEDS.values() for field in feed.fields for name in (field.name, *field.codes)]
    words = {word for text in said for word in text.lower().split("_") if word.isalpha() and len(word) > 1}
    return tuple(sorted(words.union(_ORDINARY.split())))


@cache
def given_names() -> tuple[str, ...]:
    """Common given names of the languages in which deliveries are likely to be written, in lower case, without accents.

    None of fewer than four letters: those stand in random keys by chance.
    """
    return tuple(sorted(set(_GIVEN.split()) - set(record_words())))
