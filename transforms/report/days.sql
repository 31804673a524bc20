-- Every day of the period, in order; one without tables has no figures.
WITH people AS (
    SELECT
        day,
        sum(visits) AS visits,
        sum(unique_visitors) AS unique_visitors,
        sum(pageviews) AS pageviews,
        sum(bounces) AS bounces
    FROM visits_daily
    GROUP BY day
)

SELECT
    calendar.day,
    coalesce(days.state, 'missing') AS state,
    CASE WHEN days.day IS NOT NULL THEN coalesce(people.visits, 0) END AS visits,
    CASE WHEN days.day IS NOT NULL THEN coalesce(people.unique_visitors, 0) END AS unique_visitors,
    CASE WHEN days.day IS NOT NULL THEN coalesce(people.pageviews, 0) END AS pageviews,
    CASE WHEN days.day IS NOT NULL THEN coalesce(people.bounces, 0) END AS bounces
FROM calendar
LEFT JOIN days ON calendar.day = days.day
LEFT JOIN people ON calendar.day = people.day
ORDER BY calendar.day
