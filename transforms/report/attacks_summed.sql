SELECT
    scenario,
    sum(hits) AS hits
FROM attacks_daily
GROUP BY scenario
ORDER BY hits DESC, scenario ASC
