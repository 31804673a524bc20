-- An address counts once a day, an alert once in each country of its addresses, and a hit once for each alert.
SELECT
    scenario,
    outcome,
    sum(addresses) AS addresses,
    sum(alerts) AS alerts,
    sum(hits) AS hits
FROM attacks_daily
GROUP BY scenario, outcome
ORDER BY hits DESC, scenario ASC, outcome ASC
