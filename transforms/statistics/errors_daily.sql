SELECT
    vhost,
    level,
    module,
    message_template,
    count(*) AS errors
FROM errors
GROUP BY ALL
