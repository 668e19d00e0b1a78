deconvvizImage({"number":174,"units":[[0,3,4,0.971,[43,39,50,46],0.04181],[1,20,2,0.905,[35,35,58,58],0.1137]],"file":"owl 174","class":"owl","rows":112,"columns":112,"before":172,"after":176});
