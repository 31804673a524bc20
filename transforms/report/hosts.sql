-- The virtual hosts of the period, those with the most hits first.
SELECT vhost
FROM hosts
GROUP BY vhost
ORDER BY vhost = '(other)' ASC, sum(hits) DESC, vhost ASC
