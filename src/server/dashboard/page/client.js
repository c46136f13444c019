// What follows a replay, for any page.
export const protocol = "touchline.v1";
