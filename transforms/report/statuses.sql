SELECT
    status,
    sum(hits) AS hits,
    sum(bytes_sent) AS bytes_sent
FROM status_daily
GROUP BY status
ORDER BY hits DESC, status ASC
