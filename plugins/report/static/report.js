// Draws what the page's data say, by plotly.js; numbers and texts come formatted, and inert, from the server.
"use strict";
(() => {
  const root = document.documentElement;
  const { charts, forms } = JSON.parse(document.getElementById("data").textContent);
  const plots = [...document.querySelectorAll(".plot")];
  const paperWidth = 640;

  const colour = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
  // plotly.js reads a little HTML and TeX in texts: here every sign stands for itself.
  const plain = (text) => text.replace(/[&<>$]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const cut = (text, most) => plain(text.length > most ? `${text.slice(0, Math.max(1, most - 1))}…` : text);

  const axis = (more) => ({
    fixedrange: true, zeroline: false, automargin: true, gridcolor: colour("gridline"), linecolor: colour("line"),
    tickfont: { size: 12, color: colour("soft") }, ...more,
  });

  function layout(plot, more) {
    return {
      width: root.classList.contains("on-paper") ? paperWidth : plot.clientWidth,
      height: plot.clientHeight,
      autosize: false, dragmode: false, showlegend: false, separators: forms.separators,
      margin: { l: 8, r: 12, t: 12, b: 28 },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: colour("ink") },
      hoverlabel: { bgcolor: colour("card"), bordercolor: colour("soft"), font: { color: colour("ink") }, align: "left" },
      ...more,
    };
  }

  // Days that are not closed yet, or of which there is nothing, as bands behind the lines; neighbours are one band.
  function bands(chart) {
    const half = 12 * 3600 * 1000;
    const runs = [];
    for (const [days, fill] of [[chart.missing, "void"], [chart.provisional, "band"]]) {
      for (const at of days.map(Date.parse)) {
        const last = runs.at(-1);
        if (last && last.fill === fill && at - last.to <= 2 * half) last.to = at;
        else runs.push({ fill, from: at, to: at });
      }
    }
    return runs.map((one) => ({
      type: "rect", xref: "x", yref: "paper", y0: 0, y1: 1, layer: "below", line: { width: 0 }, fillcolor: colour(one.fill),
      x0: one.from - half, x1: one.to + half,
    }));
  }

  function overDays(plot, chart, traces, yaxis, more) {
    const many = chart.days.length;
    return [traces, layout(plot, {
      hovermode: "x unified", shapes: bands(chart),
      xaxis: axis({
        type: "date", showgrid: false, spikethickness: 1, spikedash: "solid", spikecolor: colour("soft"), tickformat: many > 200 ? "%b %Y" : forms.day, nticks: Math.max(3, Math.floor(plot.clientWidth / 90)),
        range: [Date.parse(chart.days[0]) - 0.6 * 864e5, Date.parse(chart.days[many - 1]) + 0.6 * 864e5],
        hoverformat: `%A ${forms.day}`, ...(many < 9 ? { dtick: 864e5 } : {}),
      }),
      yaxis: axis({ rangemode: "tozero", nticks: 5, tickformat: ",d", ...yaxis }),
      ...more,
    })];
  }

  const overall = (chart, one, more) => ({
    x: chart.days, y: one.values, text: one.texts, name: plain(one.name), hovertemplate: "%{text}", connectgaps: false, ...more,
  });

  const draw = {
    lines(plot, chart) {
      const mode = chart.days.length > 62 ? "lines" : "lines+markers";
      const [visits, visitors] = chart.series;
      // A ring, not a dot, on a day that may still change.
      const open = chart.days.map((day) => (chart.provisional.includes(day) ? "circle-open" : "circle"));
      const traces = [
        overall(chart, visits, { type: "scatter", mode, zorder: 3, line: { color: colour("c1"), width: 2.5 }, marker: { size: 7, symbol: open } }),
        overall(chart, visitors, { type: "scatter", mode, zorder: 2, line: { color: colour("c2"), width: 2, dash: "dash" }, marker: { size: 5, symbol: open } }),
      ];
      if (chart.before) {
        traces.push(overall(chart, chart.before, { type: "scatter", mode: chart.days.length > 1 ? "lines" : "markers", zorder: 1, marker: { color: colour("faint"), size: 5 }, line: { color: colour("faint"), width: 1.3, dash: "dot" } }));
      }
      return overDays(plot, chart, traces, {}, {});
    },

    stack(plot, chart) {
      const colours = ["c1", "c3", "c2", "c4"].map(colour);
      const traces = chart.series.map((one, n) => overall(chart, one, {
        type: "bar", textposition: "none", marker: { color: colours[n], line: { color: colour("card"), width: chart.days.length > 62 ? 0 : 1 } },
      }));
      return overDays(plot, chart, traces, {}, { barmode: "stack", bargap: chart.days.length > 62 ? 0 : 0.18 });
    },

    spread(plot, chart) {
      const dashes = ["solid", "dash", "dot"];
      const traces = chart.series.map((one, n) => overall(chart, one, {
        type: "scatter", mode: "lines+markers", line: { color: colour(`p${n + 1}`), width: 2.2, dash: dashes[n] }, marker: { size: 4 },
      }));
      const ticks = [0.001, 0.01, 0.1, 1, 10, 100].flatMap((ten) => [ten, 2 * ten, 5 * ten]);
      return overDays(plot, chart, traces, {
        type: "log", tickvals: ticks, ticktext: ticks.map((t) => (t < 1 ? `${Math.round(t * 1000)} ms` : `${t} s`)), tickformat: "",
      }, {});
    },

    columns(plot, chart) {
      const every = plot.clientWidth < 420 ? 4 : 2;
      const trace = {
        type: "bar", x: chart.names.map((_, n) => n), y: chart.values, text: chart.texts.map((text, n) => `${plain(chart.names[n])}: ${text}`),
        textposition: "none", hovertemplate: "%{text}<extra></extra>", marker: { color: colour("c1") },
      };
      return [[trace], layout(plot, {
        bargap: 0.2,
        xaxis: axis({ showgrid: false, dtick: every, tickvals: chart.names.map((_, n) => n).filter((n) => n % every === 0), ticktext: chart.names.filter((_, n) => n % every === 0).map((name) => name.slice(0, 2)) }),
        yaxis: axis({ nticks: 5, tickformat: ",d" }),
      })];
    },

    // A name above its bar has the whole width, on a telephone too.
    bars(plot, chart) {
      const row = 38;
      plot.style.height = `${chart.names.length * row + 12}px`;
      const said = chart.texts.map((text, n) => `${chart.notes ? `${cut(chart.notes[n], 26)}   ` : ""}<b>${plain(text)}</b>`);
      const longest = Math.max(...chart.texts.map((text, n) => text.length + (chart.notes ? Math.min(26, chart.notes[n].length) + 4 : 2)));
      const room = Math.max(8, Math.floor(plot.clientWidth / 7.2 - longest));
      const places = chart.names.map((_, n) => n);
      const trace = {
        type: "bar", orientation: "h", y: places, x: chart.values, width: 0.24, text: chart.texts.map((text, n) => `${cut(chart.names[n], 60)}: ${plain(text)}`),
        textposition: "none", hovertemplate: "%{text}<extra></extra>", marker: { color: places.map((n) => colour(chart.folded === n ? "c3" : chart.tone)), cornerradius: 3 },
      };
      const words = { showarrow: false, yanchor: "bottom", yshift: 4, borderpad: 0, font: { size: 13, color: colour("ink") } };
      return [[trace], layout(plot, {
        margin: { l: 0, r: 0, t: 6, b: 0 },
        xaxis: axis({ visible: false, range: [0, Math.max(...chart.values) || 1] }),
        yaxis: axis({ visible: false, range: [chart.names.length - 0.6, -0.75], automargin: false }),
        annotations: places.flatMap((n) => [
          { ...words, x: 0, xref: "paper", xanchor: "left", y: n, text: cut(chart.names[n], room) },
          { ...words, x: 1, xref: "paper", xanchor: "right", y: n, text: said[n] },
        ]),
      })];
    },

    flows(plot, chart) {
      const values = chart.nodes.map((_, n) => chart.links.reduce((sum, one) => sum + (one.from === n || one.to === n ? one.value : 0), 0));
      const total = chart.links.reduce((sum, one) => sum + one.value, 0);
      const gap = 0.034;
      const scale = 1 - gap * (Math.max(chart.left, chart.nodes.length - chart.left) - 1);
      const places = (from, to) => {
        let at = 0;
        return values.slice(from, to).map((value) => {
          const high = (value / total) * scale;
          at += high + gap;
          return Math.min(0.9999, Math.max(0.0001, at - gap - high / 2));
        });
      };
      const room = Math.floor((plot.clientWidth * 0.42) / 7.4);
      const folded = new Set(chart.folded);
      const trace = {
        type: "sankey", arrangement: "fixed", valueformat: ",d",
        node: {
          label: chart.nodes.map((name) => cut(name, room)), thickness: 12, pad: gap * (plot.clientHeight - 44), line: { width: 0 },
          color: chart.nodes.map((_, n) => colour(folded.has(n) ? "c3" : "c1")),
          x: chart.nodes.map((_, n) => (n < chart.left ? 0.0001 : 0.9999)),
          y: [...places(0, chart.left), ...places(chart.left, chart.nodes.length)],
          customdata: chart.nodes.map((name) => cut(name, 60)), hovertemplate: "%{customdata}: %{value:,d}<extra></extra>",
        },
        link: {
          source: chart.links.map((one) => one.from), target: chart.links.map((one) => one.to), value: chart.links.map((one) => one.value),
          color: chart.links.map((one) => colour(folded.has(one.from) || folded.has(one.to) ? "flow-other" : "flow")),
          customdata: chart.links.map((one) => cut(one.text, 140)), hovertemplate: "%{customdata}<extra></extra>",
        },
        textfont: { size: 13, color: colour("ink"), shadow: "none" },
      };
      const head = { showarrow: false, xref: "paper", yref: "paper", y: 1, yanchor: "bottom", yshift: 8, font: { size: 13, color: colour("soft") } };
      return [[trace], layout(plot, {
        margin: { l: 2, r: 2, t: 32, b: 12 },
        annotations: [
          { ...head, x: 0, xanchor: "left", text: plain(chart.sides[0]) }, { ...head, x: 1, xanchor: "right", text: plain(chart.sides[1]) },
        ],
      })];
    },
  };

  const widths = new Map();
  function show(plot) {
    const chart = charts[plot.dataset.part];
    widths.set(plot, plot.clientWidth);
    const [traces, form] = draw[chart.kind](plot, chart);
    form.height = plot.clientHeight;
    Plotly.purge(plot); // a flow that is drawn anew would move to its place, which paper does not wait for
    Plotly.newPlot(plot, traces, form, { displayModeBar: false, locale: forms.tongue, showTips: false, doubleClick: false });
  }

  // The page's policy refuses style attributes, such as plotly.js writes some, but not styles that a script sets.
  function writeStylesAsStyles() {
    const write = Element.prototype.setAttribute;
    Element.prototype.setAttribute = function setAttribute(name, value) {
      if (name === "style") this.style.cssText = value;
      else write.call(this, name, value);
    };
  }

  function speak() {
    Plotly.register({
      moduleType: "locale", name: forms.tongue, dictionary: {},
      format: {
        days: forms.days, shortDays: forms.shortDays, months: forms.months, shortMonths: forms.months, periods: ["AM", "PM"],
        decimal: forms.separators[0], thousands: forms.separators[1], grouping: [3], currency: ["", ""],
        dateTime: `${forms.day} %Y %H:%M`, date: `${forms.day} %Y`, time: "%H:%M",
        year: "%Y", month: "%b %Y", dayMonth: forms.day, dayMonthYear: `${forms.day} %Y`,
      },
    });
  }

  // Bars have their height before they are drawn, so that nothing moves under the reader.
  function makeRoom(plot) {
    const chart = charts[plot.dataset.part];
    if (chart.kind === "bars") plot.style.height = `${chart.names.length * 38 + 12}px`;
  }

  function onPaper(is) {
    root.classList.toggle("on-paper", is);
    (is ? plots : [...widths.keys()]).forEach(show);
  }

  function begin() {
    writeStylesAsStyles();
    speak();
    plots.forEach(makeRoom);
    const near = new IntersectionObserver((seen) => {
      for (const one of seen.filter((each) => each.isIntersecting)) {
        near.unobserve(one.target);
        show(one.target);
      }
    }, { rootMargin: "500px" });
    plots.forEach((plot) => near.observe(plot));
    const sized = new ResizeObserver((seen) => {
      for (const { target } of seen) if (widths.has(target) && widths.get(target) !== target.clientWidth) show(target);
    });
    plots.forEach((plot) => sized.observe(plot));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => [...widths.keys()].forEach(show));
    addEventListener("beforeprint", () => onPaper(true));
    addEventListener("afterprint", () => onPaper(false));
  }

  // Headings become buttons: a figure's begins with the largest, a name's with the first letter.
  function sortBy(table, place, isDown) {
    const value = (row) => row.cells[place].dataset.order ?? row.cells[place].textContent;
    const compare = new Intl.Collator(forms.tongue, { numeric: true }).compare;
    const figure = (row) => (value(row) === "" ? -Infinity : Number(value(row)));
    const rows = [...table.tBodies[0].rows];
    const areFigures = rows.every((row) => !Number.isNaN(figure(row)));
    rows.sort((one, other) => (areFigures ? figure(one) - figure(other) : compare(value(one), value(other))) * (isDown ? -1 : 1));
    table.tBodies[0].append(...rows);
  }

  function makeSortable(table) {
    const headings = [...table.tHead.rows[0].cells];
    headings.forEach((heading, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sorter";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => {
        const before = heading.getAttribute("aria-sort");
        const isDown = before ? before === "ascending" : heading.classList.contains("figure");
        headings.forEach((one) => one.removeAttribute("aria-sort"));
        heading.setAttribute("aria-sort", isDown ? "descending" : "ascending");
        sortBy(table, place, isDown);
      });
    });
  }

  // The section that is read is marked in the contents.
  function markSections() {
    const links = [...document.querySelectorAll(".rail a")];
    const sections = links.map((link) => document.getElementById(link.hash.slice(1)));
    const mark = () => {
      const read = sections.findLastIndex((section) => section.getBoundingClientRect().top < innerHeight * 0.35);
      links.forEach((link, n) => (n === read ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
    };
    addEventListener("scroll", () => requestAnimationFrame(mark), { passive: true });
    mark();
  }

  if (typeof Plotly !== "undefined") {
    document.querySelectorAll("details.data").forEach((one) => { one.open = false; });
    root.classList.add("drawing");
    begin();
  }
  document.querySelectorAll(".part table").forEach(makeSortable);
  root.classList.add("ready");
  markSections();
})();
