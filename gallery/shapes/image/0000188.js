deconvvizImage({"number":188,"units":[[4,17,4,0.803,[30,22,79,71],0.03577]],"file":"book 188","class":"book","rows":112,"columns":112,"before":187,"after":189});
