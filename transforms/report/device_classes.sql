SELECT
    device_class,
    sum(visits) AS visits,
    sum(pageviews) AS pageviews
FROM devices_daily
GROUP BY device_class
ORDER BY visits DESC, device_class ASC
