-- All 24 hours of the clock in the site's zone; an hour that came twice counts twice.
SELECT
    clock.hour_of_day,
    coalesce(sum(local_hours.pageviews), 0) AS pageviews
FROM clock
LEFT JOIN local_hours ON clock.hour_of_day = local_hours.hour_of_day
GROUP BY clock.hour_of_day
ORDER BY clock.hour_of_day
