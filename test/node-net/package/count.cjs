"use strict";
module.exports = { loads: 0 };
