-- A visit that reaches several goals is in the rows of each.
SELECT
    vhost,
    goal,
    source_kind,
    source,
    entry_path,
    device_class,
    count(*) AS conversions,
    count(DISTINCT visitor) AS unique_visitors
FROM conversions
GROUP BY ALL
