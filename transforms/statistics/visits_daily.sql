-- A visit counts where it started, an action where it happened.
SELECT
    vhost,
    count(*) FILTER (WHERE starts_visit) AS visits,
    count(DISTINCT visitor) AS unique_visitors,
    count(*) FILTER (WHERE is_pageview) AS pageviews,
    count(*) FILTER (WHERE is_download) AS downloads,
    count(*) FILTER (WHERE is_bounce) AS bounces,
    coalesce(sum(remaining) FILTER (WHERE starts_visit), 0) / 1000000 AS visit_seconds
FROM actions
GROUP BY ALL
