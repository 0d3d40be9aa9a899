UPDATE inbox_lane SET applied_through = applied_through - 1 WHERE applied_through > 0 RETURNING applied_through;
