deconvvizImage({"number":196,"units":[[4,17,3,0.816,[38,22,87,71],0.05135]],"file":"car 196","class":"car","rows":112,"columns":112,"before":194,"after":202});
