SELECT
    path,
    sum(downloads) AS downloads,
    sum(unique_visitors) AS unique_visitors
FROM downloads_daily
GROUP BY path
ORDER BY path = '(other)' ASC, downloads DESC, path ASC
