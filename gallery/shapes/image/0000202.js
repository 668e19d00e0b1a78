deconvvizImage({"number":202,"units":[[0,5,7,0.929,[23,77,30,84],0.003967]],"file":"owl 202","class":"owl","rows":112,"columns":112,"before":196,"after":203});
