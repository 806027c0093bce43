-- What a unit of a service cost on a day, in our currency.

with

source as (

    select * from {{ source('usage', 'rate_sheet_daily') }}

),

prices as (

    select * from {{ source('usage', 'prices') }}

),

typed as (

    select
        source.date as day,
        lower(source.usage_type) as usage_type,
        -- The sheet of a day may name a rate twice; what is dearer is not promised away.
        max(source.effective_rate) as rate
    from source
    inner join prices
        on source.currency = prices.currency
    group by all

)

select * from typed
