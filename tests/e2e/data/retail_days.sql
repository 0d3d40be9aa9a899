-- What the orders of a retail file come to, day by day: date, orders, pence. Table `retail` holds the file, every field as text.
WITH
  row AS (
    SELECT trim(InvoiceNo) AS invoice, trim(Quantity) AS quantity, trim(InvoiceDate) AS time, trim(UnitPrice) AS price
    FROM retail
  ),
  -- Rows that can be read: a whole quantity, a date with a time, a price no finer than a penny.
  readable AS (
    SELECT * FROM row
    WHERE invoice <> ''
      AND ltrim(quantity, '-') <> '' AND ltrim(quantity, '-') NOT GLOB '*[^0-9]*'
      AND datetime(time) IS NOT NULL
      AND ltrim(price, '-') GLOB '[0-9]*' AND ltrim(price, '-') NOT GLOB '*[^0-9.]*'
      AND length(substr(price, instr(price || '.', '.') + 1)) <= 2
  ),
  line AS (
    SELECT
      invoice,
      time,
      CAST(quantity AS integer) AS pieces,
      CASE WHEN price LIKE '-%' THEN 0
        ELSE CAST(substr(price, 1, instr(price || '.', '.') - 1) AS integer) * 100
           + CAST(substr(substr(price, instr(price || '.', '.') + 1) || '00', 1, 2) AS integer)
      END AS pence
    FROM readable
    WHERE invoice NOT GLOB 'C*'
  ),
  invoice AS (
    SELECT
      invoice,
      min(datetime(time)) AS time,
      sum(pieces > 0 AND pence > 0) AS lines,
      sum(CASE WHEN pieces > 0 AND pence > 0 THEN pieces * pence ELSE 0 END) AS pence
    FROM line
    GROUP BY invoice
  )
SELECT date(time), count(*), sum(pence) FROM invoice WHERE lines > 0 GROUP BY date(time) ORDER BY date(time);
