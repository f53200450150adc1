-- How delivered text becomes a typed value or a missing reason. Every reader of raw.* uses these and nothing else.
-- All but said() take text that said() has trimmed; they are written so that each reads its argument as few times as can be,
-- since a feed of a hundred fields pays for every mention. list_position stands where IN would: DuckDB turns an IN of more
-- than five constants into a join, 3 ms each.
create or replace macro said(text) as nullif(trim(text), '');

-- 7, 7.0 and 7e0 are one number; 1_0 and +-7, which DuckDB casts, are none.
create or replace macro decimal_number(text, low, high) as
case
    when try_cast(text as double) between low and high and not contains(text, '_') and not contains(text, '+-')
        then try_cast(text as double)
end;

-- 7 and 7.0 are the same whole number: writers that use floats for missing values add the point. 7.5 is none.
create or replace macro whole_number(text, low, high) as
case
    when
        try_cast(text as double) between low and high
        and try_cast(text as double) = trunc(try_cast(text as double))
        and not contains(text, '_')
        and not contains(text, '+-')
        then cast(try_cast(text as double) as integer)
end;

create or replace macro code_text(text, codes) as case when list_position(codes, text) > 0 then text end;

create or replace macro yes_or_no(text) as case text when 'yes' then true when 'no' then false end;

create or replace macro key_text(text, pattern) as case when regexp_full_match(text, pattern) then text end;

create or replace macro code_set(text, codes) as
case
    when len(list_filter(string_split(text, ';'), lambda item: coalesce(list_position(codes, trim(item)), 0) = 0)) = 0
        then list_sort(list_distinct(list_transform(string_split(text, ';'), lambda item: trim(item))))
end;

create or replace macro code_set_or_none(text, codes) as
case when text = 'none' then cast([] as varchar[]) else code_set(text, codes) end;

create or replace macro is_missing_token(text) as
text is null or coalesce(list_position(['.a', '.p', '.d', '.u', '.n', '.s', '.x'], text), 0) > 0;

create or replace macro missing_reason(text, has_value) as
case
    when has_value then null
    when text is null then 'a'
    when list_position(['.a', '.p', '.d', '.u', '.n', '.s', '.x'], text) > 0 then text[2]
    else 'x'
end;
