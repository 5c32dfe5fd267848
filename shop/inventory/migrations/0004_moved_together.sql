-- Orders that come at the same time move pieces in one step: the product then has one new version, and the journal a line for each of them.
alter table stock_movement add column line integer not null default 0;
alter table stock_movement drop constraint stock_movement_pkey, add primary key (product_id, version, line);
