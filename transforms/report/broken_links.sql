SELECT
    path,
    referrer_host,
    sum(hits) AS hits
FROM not_found_daily
GROUP BY path, referrer_host
ORDER BY path = '(other)' AND referrer_host = '(other)' ASC, hits DESC, path ASC, referrer_host ASC
