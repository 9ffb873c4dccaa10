select /* one */ 1 -- two
, 3 /* unterminated