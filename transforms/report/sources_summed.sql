-- What is folded is of all kinds together; a name of two kinds is two sources. A chart has room for no more.
WITH named AS (
    SELECT
        CASE WHEN source = '(other)' THEN source ELSE source_kind END AS source_kind,
        source,
        visits
    FROM sources_daily
)

SELECT
    source_kind,
    source,
    sum(visits) AS visits
FROM named
GROUP BY source_kind, source
ORDER BY source = '(other)' ASC, visits DESC, source_kind ASC, source ASC
LIMIT 50
