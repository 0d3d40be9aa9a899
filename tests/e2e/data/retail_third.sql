-- The rows of every third invoice of a retail file, in their order.
SELECT retail.*
FROM retail JOIN (SELECT InvoiceNo AS invoice, dense_rank() OVER (ORDER BY InvoiceNo) AS number FROM retail GROUP BY InvoiceNo)
  ON InvoiceNo = invoice
WHERE number % 3 = :part
ORDER BY retail.rowid;
