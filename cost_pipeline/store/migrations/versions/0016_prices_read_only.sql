-- Every tenant's money rests on the list prices: only the owner of the tables changes them.
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON price_book FROM cost_app;
