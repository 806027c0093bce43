/* Draws each [data-chart] from the JSON beside it. Texts are drawn on a canvas, never as HTML. */
"use strict";

(() => {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const drawn = [];

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const font = () => getComputedStyle(document.body).fontFamily;

  function writer(currency, options) {
    const style = currency ? { style: "currency", currency } : {};
    const format = new Intl.NumberFormat("en", { ...style, ...options });
    return (value) => format.format(value);
  }
  const exact = (currency) => writer(currency, currency ? {} : { maximumFractionDigits: 3 });
  const short = (currency) => writer(currency, { notation: "compact", minimumFractionDigits: 0, maximumSignificantDigits: 3 });
  const day = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  const shortDay = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
  const month = new Intl.DateTimeFormat("en-GB", { month: "short", year: "numeric", timeZone: "UTC" });
  const cut = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

  function shared(data) {
    return {
      animation: !still.matches,
      animationDuration: 250,
      textStyle: { fontFamily: font(), color: colour("soft") },
      aria: { enabled: false },
      tooltip: {
        renderMode: "richText",
        confine: true,
        backgroundColor: colour("card"),
        borderColor: colour("line"),
        textStyle: { color: colour("text"), fontFamily: font(), fontSize: 13 },
        valueFormatter: exact(data.currency),
      },
    };
  }

  const category = (extra) => ({
    type: "category",
    axisTick: { show: false },
    axisLine: { lineStyle: { color: colour("line") } },
    ...extra,
    axisLabel: { color: colour("soft"), hideOverlap: true, ...extra.axisLabel },
  });
  const values = (data) => ({
    type: "value",
    splitNumber: 4,
    axisLabel: { color: colour("soft"), formatter: short(data.currency), hideOverlap: true },
    splitLine: { lineStyle: { color: colour("line") } },
  });

  const kinds = {
    daily(data) {
      const many = data.labels.length > 120;
      const [sales, average] = data.series;
      const label = (text) => (many ? month : shortDay).format(new Date(text));
      return {
        grid: { left: 4, right: 12, top: 40, bottom: 4, containLabel: true },
        legend: { top: 4, right: 0, itemWidth: 16, itemHeight: 8, itemGap: 18, textStyle: { color: colour("soft") } },
        tooltip: { trigger: "axis", axisPointer: { type: many ? "line" : "shadow" } },
        xAxis: category({ data: data.labels, axisLabel: { formatter: label }, axisPointer: { label: { formatter: ({ value }) => day.format(new Date(value)) } } }),
        yAxis: values(data),
        series: [
          {
            type: "bar",
            name: sales.name,
            data: sales.values,
            barCategoryGap: many ? "0%" : "25%",
            itemStyle: { color: colour("chart-1"), opacity: many ? 0.45 : 0.75, borderRadius: many ? 0 : [2, 2, 0, 0] },
          },
          line(average, colour("chart-2"), 2.5),
        ],
      };
    },

    bars(data, width) {
      const [series] = data.series;
      const written = data.currency ? short(data.currency) : exact("");
      const room = Math.min(48, Math.max(12, Math.floor(width / 17)));
      return {
        grid: { left: 4, right: 72, top: 8, bottom: 4, containLabel: true },
        tooltip: { trigger: "axis", axisPointer: { type: "shadow" } },
        xAxis: { ...values(data), axisLabel: { show: false }, splitLine: { show: false } },
        yAxis: category({ data: data.labels, inverse: true, axisLine: { show: false }, axisLabel: { formatter: (text) => cut(text, room), interval: 0, hideOverlap: false } }),
        series: [
          {
            type: "bar",
            name: series.name,
            barMaxWidth: 26,
            data: series.values.map((value, at) => ({ value, itemStyle: { color: colour(data.statuses[at] ? `chart-${data.statuses[at]}` : "chart-1"), borderRadius: [0, 4, 4, 0] } })),
            label: { show: true, position: "right", color: colour("text"), formatter: ({ value }) => written(value) },
          },
        ],
      };
    },
  };

  function line(series, shade, width) {
    return { type: "line", name: series.name, data: series.values, showSymbol: false, sampling: "lttb", itemStyle: { color: shade }, lineStyle: { color: shade, width } };
  }

  function draw({ chart, data, box }) {
    const base = shared(data);
    const own = kinds[data.kind](data, box.clientWidth);
    chart.setOption({ ...base, ...own, tooltip: { ...base.tooltip, ...own.tooltip } }, true);
  }

  for (const figure of document.querySelectorAll("[data-chart]")) {
    const data = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
    const box = figure.querySelector(".drawing");
    const entry = { chart: echarts.init(box, null, { renderer: "canvas" }), data, box };
    drawn.push(entry);
    draw(entry);
    new ResizeObserver(() => {
      entry.chart.resize();
      draw(entry);
    }).observe(box);
  }

  dark.addEventListener("change", () => drawn.forEach(draw));
  addEventListener("beforeprint", () => drawn.forEach(({ chart }) => chart.resize()));
})();
