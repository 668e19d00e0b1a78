deconvvizImage({"number":186,"units":[[1,27,7,0.794,[-9,23,14,46],0.1933]],"file":"aeroplane 186","class":"aeroplane","rows":112,"columns":112,"before":184,"after":187});
