-- Who is in the account. Chance is a hash of a number and a word, so that a seed is a world.
-- Moments are milliseconds since 1970, credits are nanos: whole numbers, of which sums are exact.
create macro chance(word, number) as
    (hash(number, word, getvariable('seed')) % 1000003)::double / 1000003;

create macro bell(word, number) as
    sqrt(-2 * ln(chance(word || '1', number) + 1e-9)) * cos(2 * pi() * chance(word || '2', number));

create macro code(word, number) as
    md5(getvariable('seed') || word || number)::uuid::varchar;

create macro moment(milliseconds) as
    make_timestamp((milliseconds * 1000)::bigint);

create macro milliseconds(moment) as
    epoch_ms(moment::timestamp);

create macro hour_of(milliseconds) as
    milliseconds - milliseconds % 3600000;

create macro day_of(milliseconds) as
    moment(milliseconds)::date;

create macro credits(nanos) as
    (nanos::decimal(38, 0) * 0.000000001::decimal(10, 9))::decimal(38, 9);

create table truth.warehouses (
    id bigint, name varchar, size varchar, credits_an_hour bigint,
    suspend_ms bigint, most_clusters integer, at_once integer
);

insert into truth.warehouses values
    (1, 'MERCURIOS_LOADING_WH', 'X-Small', 1, 60000, 10, 3),
    (2, 'MERCURIOS_ANALYTICS_WH', 'Small', 2, 300000, 10, 3),
    (3, 'MERCURIOS_TASK_WH', 'X-Small', 1, 60000, 1, 8),
    (4, 'MERCURIOS_DEV_WH', 'X-Small', 1, 600000, 1, 8),
    (5, 'REPORTING_WH', 'Large', 8, 120000, 1, 8);

-- What a run says, in its order. The children of CALL are untagged, as a procedure's are.
create table truth.statements (
    place integer, step varchar, model varchar, query_type varchar, warehouse bigint,
    usual_ms double, layer varchar
);

insert into truth.statements values
    (0, 'extract', '', 'COPY', 1, 1500, 'RAW'),
    (1, 'extract', '', 'MERGE', 1, 2500, 'RAW'),
    (2, 'extract', '', 'SELECT', 1, 60, 'RAW'),
    (3, 'transform', '', 'SHOW', null, 40, 'STAGING'),
    (4, 'transform', 'std_products__prohandel', 'MERGE', 2, 2000, 'STANDARD'),
    (5, 'transform', 'std_sales__prohandel', 'MERGE', 2, 6000, 'STANDARD'),
    (6, 'transform', 'daily_sales', 'CREATE_TABLE_AS_SELECT', 2, 4000, 'ANALYTICS'),
    (7, 'transform', 'buyers', 'CREATE_TABLE_AS_SELECT', 2, 900, 'ANALYTICS'),
    (8, 'publish', '', 'SELECT', 2, 1200, 'ANALYTICS'),
    (9, 'transform', 'reconcile', 'CALL', 3, 0, 'STANDARD'),
    (10, '', '', 'INSERT', 3, 1500, 'STANDARD'),
    (11, '', '', 'DELETE', 3, 700, 'STANDARD');
