SELECT
    goal,
    sum(conversions) AS conversions
FROM goals_daily
GROUP BY goal
ORDER BY conversions DESC, goal ASC
