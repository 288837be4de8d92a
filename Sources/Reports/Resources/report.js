"use strict";
(() => {
  const element = (id) => document.getElementById(id);
  const data = JSON.parse(element("report-data").textContent);
  const root = document.documentElement;
  const charts = [];
  const money = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const percent = (value) => (value === null ? "–" : (value * 100).toFixed(2) + " %");
  const timeText = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ");
  const restore = (deltas) => {
    let total = 0;
    return deltas.map((delta) => (total += delta));
  };
  const group = (text) => text.replace(/^(-?)(\d+)/, (_, sign, digits) =>
    sign + digits.replace(/\B(?=(\d{3})+$)/g, ","));

  // Theme: what the system prefers until the reader chooses.
  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  const colour = (name) => getComputedStyle(root).getPropertyValue("--" + name).trim();
  const repaint = () => charts.forEach((paint) => paint());
  element("theme").addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    repaint();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);

  // Room for a price of that many characters: panes with the same room show the same time at the same place.
  const room = (text) => {
    const context = document.createElement("canvas").getContext("2d");
    context.font = "12px system-ui, sans-serif";
    return Math.ceil(context.measureText(text).width) + 22;
  };
  const layout = () => ({
    autoSize: true,
    layout: { background: { color: "transparent" }, textColor: colour("soft"), fontFamily: "system-ui, sans-serif" },
    grid: { vertLines: { color: colour("line") }, horzLines: { color: colour("line") } },
    rightPriceScale: { borderColor: colour("line") },
    timeScale: {
      borderColor: colour("line"), timeVisible: true, secondsVisible: false, minBarSpacing: 0.01,
      // The kinds are year, month, day, time, time with seconds.
      tickMarkFormatter: (time, kind) => new Date(time * 1000).toLocaleString("en-GB", {
        timeZone: "UTC",
        ...[{ year: "numeric" }, { month: "short" }, { day: "numeric", month: "short" },
          { hour: "2-digit", minute: "2-digit" }, { timeStyle: "medium" }][kind],
      }),
    },
    crosshair: { mode: 0 },
  });
  const make = (id, paint, widest) => {
    const chart = LightweightCharts.createChart(element(id), layout());
    if (widest) chart.priceScale("right").applyOptions({ minimumWidth: room(widest) });
    charts.push(() => {
      chart.applyOptions(layout());
      paint();
    });
    return chart;
  };

  function drawEquity() {
    const { close, hold, drawdown } = data.equity;
    const times = restore(data.equity.time);
    const points = (values) => times.map((time, index) =>
      values[index] === null ? { time } : { time, value: values[index] });
    let main, benchmark, fall;
    const paint = () => {
      main.applyOptions({ lineColor: colour("accent"), topColor: colour("accent") + "40", bottomColor: colour("accent") + "05" });
      if (benchmark) benchmark.applyOptions({ color: colour("hold") });
      fall.applyOptions({ lineColor: colour("loss"), topColor: colour("loss") + "10", bottomColor: colour("loss") + "60" });
    };
    const largest = Math.max(...close, ...hold) * 2;
    const top = make("equity", paint, money.format(largest));
    const low = make("drawdown", () => {}, money.format(largest));
    const priceFormat = { type: "custom", minMove: 0.01, formatter: (value) => money.format(value) };
    if (hold.length) {
      benchmark = top.addLineSeries({ lineWidth: 1, priceLineVisible: false, priceFormat });
      benchmark.setData(points(hold));
    }
    main = top.addAreaSeries({ lineWidth: 2, priceLineVisible: false, priceFormat });
    main.setData(points(close));
    fall = low.addAreaSeries({
      lineWidth: 1, priceLineVisible: false, lastValueVisible: false, invertFilledArea: true,
      priceFormat: { type: "custom", minMove: 0.0001, formatter: percent },
    });
    fall.setData(points(drawdown));
    paint();
    // The whole run stays in view, whatever the width, until the reader zooms or moves.
    let isTouched = false;
    const fit = () => [top, low].forEach((chart) => chart.timeScale().fitContent());
    for (const pane of ["equity", "drawdown"]) {
      for (const kind of ["wheel", "pointerdown"]) {
        element(pane).addEventListener(kind, () => (isTouched = true), { passive: true });
      }
    }
    new ResizeObserver(() => isTouched || fit()).observe(element("equity"));

    const byTime = new Map(times.map((time, index) => [time, index]));
    const legend = element("equity-legend");
    const describe = (index) => {
      legend.textContent = timeText(times[index]) + " UTC · equity " + money.format(close[index]) +
        (hold.length ? " · buy & hold " + (hold[index] === null ? "–" : money.format(hold[index])) : "") + " · drawdown " + percent(drawdown[index]);
    };
    describe(times.length - 1);
    const link = (from, to, series, values) => {
      from.timeScale().subscribeVisibleLogicalRangeChange((range) => {
        const other = to.timeScale().getVisibleLogicalRange();
        if (!isTouched || !range || !other) return;
        if (Math.abs(range.from - other.from) + Math.abs(range.to - other.to) < 1e-6) return;
        to.timeScale().setVisibleLogicalRange(range);
      });
      from.subscribeCrosshairMove((event) => {
        const index = event.time === undefined ? undefined : byTime.get(event.time);
        if (index === undefined) {
          to.clearCrosshairPosition();
          describe(times.length - 1);
          return;
        }
        if (event.sourceEvent && values[index] !== null) to.setCrosshairPosition(values[index], event.time, series);
        describe(index);
      });
    };
    link(top, low, fall, drawdown);
    link(low, top, main, close);
    element("fit").addEventListener("click", () => {
      isTouched = false;
      fit();
    });
    element("logarithmic").addEventListener("change", (event) =>
      top.priceScale("right").applyOptions({ mode: event.target.checked ? 1 : 0 }));
  }

  let showTrade = () => {};
  function drawCandles() {
    if (!data.charts.length) return;
    let series, current, times;
    const paint = () => series.applyOptions({
      upColor: colour("gain"), downColor: colour("loss"), wickUpColor: colour("gain"), wickDownColor: colour("loss"),
      borderVisible: false,
    });
    const chart = make("candles", () => {
      paint();
      mark();
    });
    series = chart.addCandlestickSeries();
    const select = element("symbol");
    let isTouched = false;
    for (const kind of ["wheel", "pointerdown"]) {
      element("candles").addEventListener(kind, () => (isTouched = true), { passive: true });
    }
    const mark = () => {
      const range = chart.timeScale().getVisibleLogicalRange() || { from: 0, to: times.length };
      const visible = current.markers.filter(([index]) => index >= range.from - 1 && index <= range.to + 1);
      const isDense = visible.length > 250;
      const markers = [];
      const hint = !isDense ? "" : visible.length.toLocaleString("en-US") + " candles here hold fills: zoom in to see them.";
      element("candle-note").textContent = current.note + " " + (element("markers").checked ? hint : "");
      if (element("markers").checked && !isDense) {
        for (const [index, buys, sells] of visible) {
          const time = times[index];
          const count = (number) => (number > 1 ? String(number) : "");
          if (buys) markers.push({ time, position: "belowBar", shape: "arrowUp", color: colour("accent"), text: count(buys) });
          if (sells) markers.push({ time, position: "aboveBar", shape: "arrowDown", color: colour("hold"), text: count(sells) });
        }
      }
      series.setMarkers(markers);
    };
    const open = (position) => {
      current = data.charts[position];
      times = restore(current.time);
      const formatter = (value) => group(value.toFixed(current.decimals));
      series.applyOptions({ priceFormat: { type: "custom", minMove: 10 ** -current.decimals, formatter } });
      series.setData(times.map((time, index) => ({
        time, open: current.open[index], high: current.high[index], low: current.low[index], close: current.close[index],
      })));
      chart.timeScale().fitContent();
      mark();
    };
    select.addEventListener("change", () => open(select.selectedIndex));
    element("markers").addEventListener("change", mark);
    let waiting = 0;
    chart.timeScale().subscribeVisibleLogicalRangeChange(() => {
      clearTimeout(waiting);
      waiting = setTimeout(mark, 60);
    });
    const legend = element("candle-legend");
    chart.subscribeCrosshairMove((event) => {
      const bar = event.seriesData.get(series);
      const text = (value) => group(value.toFixed(current.decimals));
      legend.textContent = bar ? timeText(bar.time) + " UTC · open " + text(bar.open) + " · high " + text(bar.high) +
        " · low " + text(bar.low) + " · close " + text(bar.close) : "";
    });
    open(0);
    paint();
    new ResizeObserver(() => isTouched || chart.timeScale().fitContent()).observe(element("candles"));
    showTrade = (symbol, from, to) => {
      const position = data.charts.findIndex((chart) => chart.symbol === symbol);
      if (position < 0) return;
      if (select.selectedIndex !== position) {
        select.selectedIndex = position;
        open(position);
      }
      let first = times.findIndex((time) => time > from) - 1;
      if (first < 0) first = times.length - 1;
      let last = times.findIndex((time) => time > to) - 1;
      if (last < 0) last = times.length - 1;
      isTouched = true;
      chart.timeScale().setVisibleLogicalRange({ from: first - 30, to: last + 30 });
      element("candles").scrollIntoView({ block: "center" });
    };
  }

  function fillTrades() {
    const { rows, strategies, symbols, reasons } = data.trades;
    if (!rows.length) return;
    const pageSize = 50;
    const body = element("trades").tBodies[0];
    const duration = (seconds) => {
      const parts = [[Math.floor(seconds / 86400), "d"], [Math.floor(seconds / 3600) % 24, "h"],
        [Math.floor(seconds / 60) % 60, "m"], [Math.floor(seconds % 60), "s"]];
      const first = Math.max(0, parts.findIndex((part) => part[0] > 0));
      if (parts.every((part) => part[0] === 0)) return "0s";
      return parts.slice(first, first + 2).map((part) => part.join("")).join(" ");
    };
    const columns = [
      (row) => row[0], (row) => row[1], (row) => symbols[row[2]], (row) => strategies[row[3]], (row) => row[4],
      (row) => Number(row[5]), (row) => Number(row[6]), (row) => Number(row[7]), (row) => Number(row[8]),
      (row) => Number(row[9]), (row) => reasons[row[10]], (row) => row[1] - row[0],
    ];
    let sort = { column: 1, descending: true };
    let page = 0;
    let shown = rows;
    const cell = (row, text, name) => {
      const td = row.insertCell();
      td.textContent = text;
      if (name) td.className = name;
    };
    const draw = () => {
      const pages = Math.max(1, Math.ceil(shown.length / pageSize));
      page = Math.min(Math.max(0, page), pages - 1);
      body.replaceChildren();
      for (const trade of shown.slice(page * pageSize, (page + 1) * pageSize)) {
        const row = body.insertRow();
        row.tabIndex = 0;
        cell(row, timeText(trade[0]));
        cell(row, timeText(trade[1]), "text");
        cell(row, symbols[trade[2]], "text");
        cell(row, strategies[trade[3]], "text");
        cell(row, trade[4] ? "long" : "short", "text");
        for (const index of [5, 6, 7]) cell(row, group(trade[index]));
        cell(row, group(trade[8]), trade[8][0] === "-" ? "loss" : Number(trade[8]) > 0 ? "gain" : "");
        cell(row, group(trade[9]));
        cell(row, reasons[trade[10]], "text");
        cell(row, duration(trade[1] - trade[0]));
        const show = () => showTrade(symbols[trade[2]], trade[0], trade[1]);
        row.addEventListener("click", show);
        row.addEventListener("keydown", (event) => event.key === "Enter" && show());
      }
      element("trade-page").textContent = shown.length.toLocaleString("en-US") + " trades · page " + (page + 1) +
        " of " + pages;
      element("previous").disabled = page === 0;
      element("next").disabled = page === pages - 1;
    };
    const apply = () => {
      const words = element("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
      const side = element("side").value;
      const result = element("result").value;
      shown = rows.filter((row) => {
        if (side && (side === "long") !== (row[4] === 1)) return false;
        const profit = Number(row[8]);
        if (result === "win" ? profit <= 0 : result === "loss" ? profit >= 0 : false) return false;
        if (!words.length) return true;
        const text = (timeText(row[0]) + " " + timeText(row[1]) + " " + symbols[row[2]] + " " + strategies[row[3]] + " " +
          reasons[row[10]]).toLowerCase();
        return words.every((word) => text.includes(word));
      });
      const key = columns[sort.column];
      shown.sort((left, right) => {
        const [a, b] = [key(left), key(right)];
        return (a < b ? -1 : a > b ? 1 : 0) * (sort.descending ? -1 : 1);
      });
      draw();
    };
    [...element("trades").tHead.rows[0].cells].forEach((header, column) => {
      const button = document.createElement("button");
      button.textContent = header.textContent;
      header.replaceChildren(button);
      button.addEventListener("click", () => {
        sort = { column, descending: sort.column === column ? !sort.descending : false };
        [...element("trades").tHead.rows[0].cells].forEach((other) => other.removeAttribute("aria-sort"));
        header.setAttribute("aria-sort", sort.descending ? "descending" : "ascending");
        page = 0;
        apply();
      });
    });
    for (const id of ["filter", "side", "result"]) {
      element(id).addEventListener("input", () => {
        page = 0;
        apply();
      });
    }
    const turn = (pages) => () => {
      page += pages;
      draw();
    };
    element("previous").addEventListener("click", turn(-1));
    element("next").addEventListener("click", turn(1));
    document.querySelectorAll(".scripted").forEach((part) => (part.hidden = false));
    apply();
  }

  fillTrades();
  element("theme").hidden = false;
  if (typeof LightweightCharts === "undefined") {
    root.dataset.charts = "static";
    return;
  }
  document.querySelectorAll(".screen").forEach((part) => (part.hidden = false));
  document.querySelectorAll(".still").forEach((part) => (part.hidden = true));
  try {
    if (data.equity.close.length > 1) drawEquity();
    drawCandles();
    root.dataset.charts = "ready";
  } catch (error) {
    document.querySelectorAll(".screen").forEach((part) => (part.hidden = true));
    document.querySelectorAll(".still").forEach((part) => (part.hidden = false));
    root.dataset.charts = "failed";
    throw error;
  }
})();
