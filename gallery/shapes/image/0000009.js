deconvvizImage({"number":9,"units":[[2,17,0,1.0,[11,43,50,82],0.05151],[3,5,7,0.69,[5,45,56,96],0.03959]],"file":"bus 9","class":"bus","rows":112,"columns":112,"before":8,"after":11});
