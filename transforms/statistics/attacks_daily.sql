-- An alert counts under the vhost of its first hit, and once under each country its addresses are in.
SELECT
    vhost,
    scenario,
    outcome,
    country,
    count(DISTINCT address) AS addresses,
    count(DISTINCT alert) AS alerts,
    count(*) AS hits
FROM evidence
GROUP BY ALL
