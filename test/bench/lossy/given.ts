/** Figures of others on this work, and what is to be reached, in Mbit/s by the rate of loss, over 100 Mbit/s. */
export interface Given {
  name: string;
  title: string;
  link: number;
  goodput: Map<number, number>;
}

export const given: Given[] = [
  {
    name: "lwip",
    title: "lwIP (given)",
    link: 100,
    goodput: new Map([
      [0, 25.4],
      [0.001, 19],
      [0.01, 5],
      [0.05, 0.37],
    ]),
  },
  {
    name: "model",
    title: "Reno model (given)",
    link: 100,
    goodput: new Map([
      [0, 26.2],
      [0.001, 22.5],
      [0.01, 7.1],
      [0.05, 3.2],
    ]),
  },
];

export const goals = new Map([
  [0, 25],
  [0.001, 23],
  [0.01, 8],
  [0.05, 3.5],
]);
/** Frames with text for each one needed, at most. */
export const FRAMES_GOAL = 1.03;
/** Of the kernel's goodput, at least. */
export const KERNEL_GOAL = 0.9;
/** Jain's index, at least. */
export const JAIN_GOAL = 0.9;
