-- Deliveries that could not be loaded, or are not complete yet: one row a delivery with its reason, without any number of rows.
-- A clinic that has nothing in force has no page of its own; its refused deliveries stand on the network's page.
-- scope: global
-- key: clinic_code, delivery_id
-- expect: state in refused, incomplete
select
    refused.clinic_code,
    refused.delivery_id,
    refused.state,
    regexp_replace(
        regexp_replace(
            refused.reason,
            'it has [0-9]+ rows and the manifest says [0-9]+',
            'it does not have as many rows as the manifest says'
        ),
        ' [(][^)]*[)]',
        '',
        'g'
    ) as reason
from raw.refused_delivery as refused
