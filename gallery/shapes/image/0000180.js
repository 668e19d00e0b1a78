deconvvizImage({"number":180,"units":[[1,5,5,0.898,[39,79,62,102],0.07709]],"file":"sign 180","class":"sign","rows":112,"columns":112,"before":179,"after":181});
