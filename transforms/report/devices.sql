SELECT
    device_class,
    os,
    browser,
    sum(visits) AS visits,
    sum(pageviews) AS pageviews
FROM devices_daily
GROUP BY device_class, os, browser
ORDER BY os = '(other)' AND browser = '(other)' ASC, visits DESC, device_class ASC, os ASC, browser ASC
