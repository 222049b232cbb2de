/** Side of a block, in cells of the grid on which pictures are compared. */
export const BLOCK = 4;
/** A block less steep than this shows nothing, in levels to a cell. */
export const PLAIN_SLOPE = 1.2;
