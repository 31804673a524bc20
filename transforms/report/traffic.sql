-- Hits by who asked, every day of the period; one without tables has no figures.
WITH hits AS (
    SELECT
        day,
        sum(hits) FILTER (WHERE agent_kind = 'human') AS human,
        sum(hits) FILTER (WHERE agent_kind = 'bot') AS bot,
        sum(hits) FILTER (WHERE agent_kind = 'ai') AS ai,
        sum(hits) FILTER (WHERE agent_kind = 'attack') AS attack
    FROM traffic_hourly
    GROUP BY day
)

SELECT
    calendar.day,
    CASE WHEN days.day IS NOT NULL THEN coalesce(hits.human, 0) END AS human,
    CASE WHEN days.day IS NOT NULL THEN coalesce(hits.bot, 0) END AS bot,
    CASE WHEN days.day IS NOT NULL THEN coalesce(hits.ai, 0) END AS ai,
    CASE WHEN days.day IS NOT NULL THEN coalesce(hits.attack, 0) END AS attack
FROM calendar
LEFT JOIN days ON calendar.day = days.day
LEFT JOIN hits ON calendar.day = hits.day
ORDER BY calendar.day
