document.documentElement.classList.add("js-enabled", "nhsuk-frontend-supported");
document.body.classList.add("js-enabled", "nhsuk-frontend-supported");
