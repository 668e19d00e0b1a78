deconvvizImage({"number":15,"units":[[3,125,6,0.688,[38,30,87,79],0.09069]],"file":"mushroom 15","class":"mushroom","rows":112,"columns":112,"before":14,"after":19});
