deconvvizImage({"number":242,"units":[[2,61,1,0.997,[21,69,56,104],0.05661]],"file":"aeroplane 242","class":"aeroplane","rows":112,"columns":112,"before":238,"after":244});
