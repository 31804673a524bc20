SELECT
    vhost,
    hour,
    agent_kind,
    sum(hits) AS hits,
    sum(pageviews) AS pageviews,
    sum(bytes_sent) AS bytes_sent,
    coalesce(sum(hits) FILTER (WHERE status BETWEEN 400 AND 499), 0) AS errors_4xx,
    coalesce(sum(hits) FILTER (WHERE status BETWEEN 500 AND 599), 0) AS errors_5xx
FROM traffic
GROUP BY ALL
