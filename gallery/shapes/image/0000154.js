deconvvizImage({"number":154,"units":[[1,20,1,0.949,[51,23,74,46],0.1621],[2,9,2,0.809,[30,6,63,39],0.07038]],"file":"train 154","class":"train","rows":112,"columns":112,"before":153,"after":155});
