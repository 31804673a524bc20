-- Reloads included; what was downloaded in between does not part two pages.
SELECT
    vhost,
    from_path,
    to_path,
    count(*) AS transitions
FROM transitions
GROUP BY ALL
