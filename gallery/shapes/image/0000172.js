deconvvizImage({"number":172,"units":[[4,18,3,0.88,[21,-11,72,40],0.01633],[4,36,2,0.87,[18,42,59,83],0.05468]],"file":"fish 172","class":"fish","rows":112,"columns":112,"before":169,"after":174});
