-- How delivered text becomes a typed value or a missing reason. Every reader of raw.* uses these and nothing else.
create or replace macro said(text) as nullif(trim(text), '');

create or replace macro is_missing_token(text) as
coalesce(said(text) in ('.a', '.p', '.d', '.u', '.n', '.s', '.x'), true);

create or replace macro decimal_number(text, low, high) as
case
    when
        regexp_full_match(said(text), '[+-]?([0-9]{1,15}([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,2})?')
        and try_cast(said(text) as double) between coalesce(low, -1e300) and coalesce(high, 1e300)
        then try_cast(said(text) as double)
end;

-- 7 and 7.0 are the same whole number: writers that use floats for missing values add the point.
create or replace macro whole_number(text, low, high) as
case
    when regexp_full_match(said(text), '[+-]?[0-9]{1,9}([.]0*)?')
        then cast(decimal_number(text, low, high) as integer)
end;

create or replace macro code_text(text, codes) as case when list_contains(codes, said(text)) then said(text) end;

create or replace macro yes_or_no(text) as case said(text) when 'yes' then true when 'no' then false end;

create or replace macro key_text(text, pattern) as case when regexp_full_match(said(text), pattern) then said(text) end;

create or replace macro code_set(text, codes) as
case
    when len(list_filter(string_split(said(text), ';'), lambda item: not list_contains(codes, trim(item)))) = 0
        then list_sort(list_distinct(list_transform(string_split(said(text), ';'), lambda item: trim(item))))
end;

create or replace macro code_set_or_none(text, codes) as
case when said(text) = 'none' then []::varchar[] else code_set(text, codes) end;

create or replace macro missing_reason(text, has_value) as
case
    when has_value then null
    when said(text) is null then 'a'
    when is_missing_token(text) then said(text)[2]
    else 'x'
end;
