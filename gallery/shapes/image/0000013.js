deconvvizImage({"number":13,"units":[[4,9,4,0.917,[63,55,110,102],0.05381],[4,4,5,0.789,[64,48,125,109],0.01482]],"file":"tiger 13","class":"tiger","rows":112,"columns":112,"before":12,"after":14});
