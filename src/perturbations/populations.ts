/**
 * How grey levels are spread in other people's films: 33 quantiles (of 0, 1/32, ... 1), in grey levels of 255, of all pixels of
 * some hundred frontal radiographs, each film counting the same. Summaries alone, no picture: models/golden/grey_levels.py.
 */

export interface Population {
  readonly name: string;
  /** Who took the films, and how many were measured. */
  readonly source: string;
  readonly quantiles: readonly number[];
}

// prettier-ignore
export const POPULATIONS: readonly Population[] = [
  {
    name: "adults",
    source: "400 films of NIH ChestX-ray14 (Wang et al. 2017, NIH Clinical Center)",
    quantiles: [
      0, 2.4, 11.6, 27.1, 43.2, 55.8, 66.5, 75.9, 84.4, 92.5, 100, 107.2, 113.9, 120.1, 126.1, 131.8, 137.3, 142.5, 147.6,
      152.9, 158.3, 163.8, 169.3, 174.9, 180.6, 186.4, 192.3, 198.2, 204.5, 211.2, 218.8, 227.8, 255,
    ],
  },
  {
    name: "children",
    source: "400 films of children aged 1 to 5, Guangzhou (Kermany, Zhang & Goldbaum 2018, CC BY 4.0)",
    quantiles: [
      0, 0.4, 8.1, 23.8, 40.9, 53.6, 63.5, 72.5, 80.9, 88.7, 96, 102.9, 109.6, 116, 122.2, 128.2, 134, 139.5, 144.7, 149.8,
      154.6, 159.3, 163.8, 168.3, 172.7, 177, 181.3, 185.5, 189.7, 194.2, 200, 210.1, 255,
    ],
  },
  {
    name: "another hospital, intensive care",
    source: "209 AP films of an intensive care unit (Hannover Medical School, CC BY 3.0)",
    quantiles: [
      0, 39.5, 59.1, 73.3, 83.5, 91.9, 98.8, 104.4, 109, 112.8, 116.6, 120.6, 124.7, 128.8, 132.9, 136.9, 140.8, 144.5, 148.1,
      151.6, 155, 158.4, 161.7, 165, 168.3, 171.7, 175.1, 178.8, 182.7, 187, 192.1, 199.4, 255,
    ],
  },
];
