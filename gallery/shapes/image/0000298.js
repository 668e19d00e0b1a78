deconvvizImage({"number":298,"units":[[4,11,3,0.743,[27,67,82,122],0.07983]],"file":"aeroplane 298","class":"aeroplane","rows":112,"columns":112,"before":297,"after":299});
