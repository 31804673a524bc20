SELECT
    level,
    module,
    message_template,
    sum(errors) AS errors
FROM errors_daily
GROUP BY level, module, message_template
ORDER BY errors DESC, level ASC, module ASC, message_template ASC
