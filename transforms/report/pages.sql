-- The mean is over the views that have a next page, and the coverage is how many have one. Medians cannot be added.
SELECT
    path,
    sum(views) AS views,
    sum(unique_visitors) AS unique_visitors,
    sum(entries) AS entries,
    sum(exits) AS exits,
    sum(bounces) AS bounces,
    sum(dwell_seconds) / nullif(sum(dwell_views), 0) AS dwell_mean,
    sum(dwell_views) / nullif(sum(views), 0) AS dwell_coverage
FROM pages_daily
GROUP BY path
ORDER BY path = '(other)' ASC, views DESC, path ASC
